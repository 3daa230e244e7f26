// Where the exchange account announces new blobs. Its own identity writes dead letters and, where the app is private,
// the queues of events: behind a storage firewall only a system-assigned one may.
param name string
param location string
param accountName string
param deadLetters string
param queues string[]

var blobDataContributor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
)
var queueMessageSender = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
)

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource letterBox 'containers' existing = {
      name: deadLetters
    }
  }

  resource queueService 'queueServices' existing = {
    name: 'default'

    resource lines 'queues' existing = [
      for queue in queues: {
        name: queue
      }
    ]
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
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
  name: guid(account::blobs::letterBox.id, topic.id, blobDataContributor)
  scope: account::blobs::letterBox
  properties: {
    principalId: topic.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobDataContributor
  }
}

resource announces 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, i) in queues: {
    name: guid(accountName, queue, topic.id, queueMessageSender)
    scope: account::queueService::lines[i]
    properties: {
      principalId: topic.identity.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: queueMessageSender
    }
  }
]

output id string = topic.id
output principalId string = topic.identity.principalId
