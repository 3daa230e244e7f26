// One party's two containers and who may do what in them: its own identity and officers, and the app. Nobody else, and
// nothing outside these two containers. Who only collects has no inbox.
param accountName string
param slug string
param identity string
param officers string[]
param drops bool
param createRole string
param collectRole string
param receiveRole string
param workRole string
param appPrincipal string

var collecting = concat([{ id: identity, type: 'ServicePrincipal' }], map(officers, officer => { id: officer, type: 'User' }))
var dropping = drops ? collecting : []

resource inbox 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/${slug}-inbox'
}

resource outbox 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/${slug}-outbox'
}

resource creates 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for person in dropping: {
  name: guid(inbox.id, person.id, createRole)
  scope: inbox
  properties: {
    principalId: person.id
    principalType: person.type
    roleDefinitionId: createRole
  }
}]

resource collects 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for person in collecting: {
  name: guid(outbox.id, person.id, collectRole)
  scope: outbox
  properties: {
    principalId: person.id
    principalType: person.type
    roleDefinitionId: collectRole
  }
}]

resource takesIn 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (drops) {
  name: guid(inbox.id, appPrincipal, receiveRole)
  scope: inbox
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: receiveRole
  }
}

resource answers 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(outbox.id, appPrincipal, workRole)
  scope: outbox
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: workRole
  }
}
