// What the people who run the exchange may do with storage: read ledger and certificates, bring reference data, empty the poison
// queue. No container with a drop, a staged row or a result is among it.
param accountName string
param operators string[]
param collectRole string
param workRole string

var queueDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '974c5e8b-45b9-4653-ba55-5f855dd0fb88')

resource ledger 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/ledger'
}

resource certificates 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/certificates'
}

resource reference 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/reference'
}

resource poison 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = {
  name: '${accountName}/default/webjobs-blobtrigger-poison'
}

resource readsLedger 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for operator in operators: {
  name: guid(ledger.id, operator, collectRole)
  scope: ledger
  properties: {
    principalId: operator
    principalType: 'User'
    roleDefinitionId: collectRole
  }
}]

resource readsCertificates 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for operator in operators: {
  name: guid(certificates.id, operator, collectRole)
  scope: certificates
  properties: {
    principalId: operator
    principalType: 'User'
    roleDefinitionId: collectRole
  }
}]

resource brings 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for operator in operators: {
  name: guid(reference.id, operator, workRole)
  scope: reference
  properties: {
    principalId: operator
    principalType: 'User'
    roleDefinitionId: workRole
  }
}]

resource empties 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for operator in operators: {
  name: guid(poison.id, operator, queueDataContributor)
  scope: poison
  properties: {
    principalId: operator
    principalType: 'User'
    roleDefinitionId: queueDataContributor
  }
}]
