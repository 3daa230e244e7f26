// Where the exchange account announces new blobs. Its own identity writes dead letters and, where the app is private,
// the queues of events: behind a storage firewall only a system-assigned one may.
param location string
param accountName string
param deadLetters string
param queues string[]

var blobDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')
var queueMessageSender = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a')

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource letterBox 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/${deadLetters}'
}

resource lines 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = [for queue in queues: {
  name: '${accountName}/default/${queue}'
}]

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'evgt-${accountName}'
  location: location
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    source: account.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

resource buries 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(letterBox.id, topic.id, blobDataContributor)
  scope: letterBox
  properties: {
    principalId: topic.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobDataContributor
  }
}

resource announces 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (queue, i) in queues: {
  name: guid(accountName, queue, topic.id, queueMessageSender)
  scope: lines[i]
  properties: {
    principalId: topic.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: queueMessageSender
  }
}]

output id string = topic.id
output name string = topic.name
output principalId string = topic.identity.principalId
