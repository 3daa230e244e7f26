// What the people who run the exchange may do: read ledger, certificates and the logs, bring reference data, empty and
// refill queues, take dead letters out and record that in the ledger, ask for work that waits, see which function is told of
// what. No container with a drop, a staged row or a result is among it.
import { roleId } from 'roles.bicep'
import { who } from '../types.bicep'

param accountName string
param auditAccountName string
param auditContainers string[]
param deadLetters string
param operators who[]
param queues string[]
param functionAppName string
param topicName string

var queueDataContributor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
)
var seeRole = roleId(resourceGroup().id, 'see')
var collectRole = roleId(resourceGroup().id, 'collect')

// What they may do in each container. Who replays an event removes what told of it, and records that first: nobody alters
// or deletes a record, they neither. Who asks for work at once (`exchange run now`) puts an empty blob among the requests,
// and sees none.
var places = [
  { container: 'ledger', role: roleId(resourceGroup().id, 'append') }
  { container: 'certificates', role: collectRole }
  { container: 'reference', role: roleId(resourceGroup().id, 'work') }
  { container: deadLetters, role: roleId(resourceGroup().id, 'receive') }
  { container: 'requests', role: roleId(resourceGroup().id, 'create') }
]
var inPlaces = flatten(map(places, place => map(operators, operator => { place: place, operator: operator })))
var inLines = flatten(map(queues, queue => map(operators, operator => { queue: queue, operator: operator })))
var inLogs = flatten(map(auditContainers, log => map(operators, operator => { log: log, operator: operator })))

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource containers 'containers' existing = [
      for one in inPlaces: {
        name: one.place.container
      }
    ]
  }

  resource queueService 'queueServices' existing = {
    name: 'default'

    resource lines 'queues' existing = [
      for one in inLines: {
        name: one.queue
      }
    ]
  }
}

resource auditAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: auditAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource logs 'containers' existing = [
      for one in inLogs: {
        name: one.log
      }
    ]
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource worksInPlaces 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, i) in inPlaces: {
    name: guid(accountName, one.place.container, one.operator.id, one.place.role)
    scope: account::blobs::containers[i]
    properties: {
      principalId: one.operator.id
      principalType: one.operator.type
      roleDefinitionId: one.place.role
    }
  }
]

resource replays 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, i) in inLines: {
    name: guid(accountName, one.queue, one.operator.id, queueDataContributor)
    scope: account::queueService::lines[i]
    properties: {
      principalId: one.operator.id
      principalType: one.operator.type
      roleDefinitionId: queueDataContributor
    }
  }
]

// They copy the record that an auditor works on.
resource readsLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, i) in inLogs: {
    name: guid(auditAccountName, one.log, one.operator.id, collectRole)
    scope: auditAccount::blobs::logs[i]
    properties: {
      principalId: one.operator.id
      principalType: one.operator.type
      roleDefinitionId: collectRole
    }
  }
]

resource seesFunctions 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for operator in operators: {
    name: guid(app.id, operator.id, seeRole)
    scope: app
    properties: {
      principalId: operator.id
      principalType: operator.type
      roleDefinitionId: seeRole
    }
  }
]

resource seesSubscriptions 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for operator in operators: {
    name: guid(topic.id, operator.id, seeRole)
    scope: topic
    properties: {
      principalId: operator.id
      principalType: operator.type
      roleDefinitionId: seeRole
    }
  }
]
