// What the function app may do beside the boroughs' containers, container by container.
param accountName string
param hostAccountName string
param working string[]

@description('Where Event Grid puts what it could not deliver.')
param deadLetters string
param workRole string
param receiveRole string
param appendRole string
param inspectRole string
param appPrincipal string

var blobDataOwner = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b')
var queueDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '974c5e8b-45b9-4653-ba55-5f855dd0fb88')
var blobDataReader = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1')

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource workplaces 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = [for container in working: {
  name: '${accountName}/default/${container}'
}]

resource ledger 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/ledger'
}

resource certificates 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/certificates'
}

resource reference 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/reference'
}

resource letterBox 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/${deadLetters}'
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: hostAccountName
}

resource works 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (container, i) in working: {
  name: guid(accountName, container, appPrincipal, workRole)
  scope: workplaces[i]
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: workRole
  }
}]

// Reconciliation lists and reads dead letters, and removes those whose drops are with it. It writes none.
resource clearsLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(letterBox.id, appPrincipal, receiveRole)
  scope: letterBox
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: receiveRole
  }
}

resource writesLedger 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(ledger.id, appPrincipal, appendRole)
  scope: ledger
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: appendRole
  }
}

resource certifies 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(certificates.id, appPrincipal, appendRole)
  scope: certificates
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: appendRole
  }
}

resource looksUp 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(reference.id, appPrincipal, blobDataReader)
  scope: reference
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobDataReader
  }
}

resource inspects 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, appPrincipal, inspectRole)
  scope: account
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: inspectRole
  }
}

// The host keeps its poison queue here and asks for this role on the account, which has no queue but the app's own.
// With the same role reconciliation takes messages out of the poison queues.
resource queues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, appPrincipal, queueDataContributor)
  scope: account
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: queueDataContributor
  }
}

// The host's own account: its package, its locks, its queue of events. No drop goes there, but a message of that queue
// names its blob, for at most seven days.
resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostAccount.id, appPrincipal, blobDataOwner)
  scope: hostAccount
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobDataOwner
  }
}

resource hostQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostAccount.id, appPrincipal, queueDataContributor)
  scope: hostAccount
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: queueDataContributor
  }
}
