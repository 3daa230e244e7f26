// One party's two containers and who may do what in them: its own identity and officers, and the app. Nobody else, and
// nothing outside these two containers. Who only collects has no inbox.
import { roleId } from 'roles.bicep'
import { party, who } from '../types.bicep'

param accountName string
param borough party
param appIdentity string

var createRole = roleId(resourceGroup().id, 'create')
var collectRole = roleId(resourceGroup().id, 'collect')
var receiveRole = roleId(resourceGroup().id, 'receive')
var workRole = roleId(resourceGroup().id, 'work')
var collecting who[] = [
  { id: borough.identity, type: 'ServicePrincipal' }
  ...map(borough.officers, officer => { id: officer, type: 'User' })
]
var dropping = borough.drops ? collecting : []

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentity
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource inbox 'containers' existing = {
      name: '${borough.slug}-inbox'
    }

    resource outbox 'containers' existing = {
      name: '${borough.slug}-outbox'
    }
  }
}

resource creates 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for person in dropping: {
    name: guid(account::blobs::inbox.id, person.id, createRole)
    scope: account::blobs::inbox
    properties: {
      principalId: person.id
      principalType: person.type
      roleDefinitionId: createRole
    }
  }
]

resource collects 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for person in collecting: {
    name: guid(account::blobs::outbox.id, person.id, collectRole)
    scope: account::blobs::outbox
    properties: {
      principalId: person.id
      principalType: person.type
      roleDefinitionId: collectRole
    }
  }
]

resource takesIn 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (borough.drops) {
  name: guid(account::blobs::inbox.id, appIdentity, receiveRole)
  scope: account::blobs::inbox
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: receiveRole
  }
}

resource answers 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::outbox.id, appIdentity, workRole)
  scope: account::blobs::outbox
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: workRole
  }
}
