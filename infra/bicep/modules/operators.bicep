// What the people who run the exchange may do: read ledger, certificates and the logs, bring reference data, empty and
// refill queues, take dead letters out and record that in the ledger, ask for work that waits, see which function is told of
// what. No container with a drop, a staged row or a result is among it.
param accountName string
param auditAccountName string
param auditContainers string[]
param deadLetters string
param operators string[]
param queues string[]
param functionAppName string
param topicName string
param appendRole string
param createRole string
param collectRole string
param receiveRole string
param workRole string
param seeRole string

var queueDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '974c5e8b-45b9-4653-ba55-5f855dd0fb88')

var pairs = flatten(map(queues, queue => map(operators, operator => { queue: queue, operator: operator })))

resource lines 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = [for pair in pairs: {
  name: '${accountName}/default/${pair.queue}'
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

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: functionAppName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource seesFunctions 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for operator in operators: {
  name: guid(app.id, operator, seeRole)
  scope: app
  properties: {
    principalId: operator
    principalType: 'User'
    roleDefinitionId: seeRole
  }
}]

resource seesSubscriptions 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for operator in operators: {
  name: guid(topic.id, operator, seeRole)
  scope: topic
  properties: {
    principalId: operator
    principalType: 'User'
    roleDefinitionId: seeRole
  }
}]

var logPairs = flatten(map(auditContainers, log => map(operators, operator => { log: log, operator: operator })))

resource logs 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = [for pair in logPairs: {
  name: '${auditAccountName}/default/${pair.log}'
}]

// They copy the record that an auditor works on.
resource readsLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (pair, i) in logPairs: {
  name: guid(auditAccountName, pair.log, pair.operator, collectRole)
  scope: logs[i]
  properties: {
    principalId: pair.operator
    principalType: 'User'
    roleDefinitionId: collectRole
  }
}]

resource takesOut 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for operator in operators: {
  name: guid(letterBox.id, operator, receiveRole)
  scope: letterBox
  properties: {
    principalId: operator
    principalType: 'User'
    roleDefinitionId: receiveRole
  }
}]

// Who replays an event removes what told of it, and records that first. Nobody alters or deletes a record, they neither.
resource recordsReplays 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for operator in operators: {
  name: guid(ledger.id, operator, appendRole)
  scope: ledger
  properties: {
    principalId: operator
    principalType: 'User'
    roleDefinitionId: appendRole
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

// Who asks for work at once (`exchange run now`) puts an empty blob among the requests, and sees none.
resource requests 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${accountName}/default/requests'
}

resource asksForWork 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for operator in operators: {
  name: guid(requests.id, operator, createRole)
  scope: requests
  properties: {
    principalId: operator
    principalType: 'User'
    roleDefinitionId: createRole
  }
}]

resource replays 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (pair, i) in pairs: {
  name: guid(accountName, pair.queue, pair.operator, queueDataContributor)
  scope: lines[i]
  properties: {
    principalId: pair.operator
    principalType: 'User'
    roleDefinitionId: queueDataContributor
  }
}]
