// What the function app may do beside the boroughs' containers, container by container.
import { roleId } from 'roles.bicep'

param accountName string
param hostAccountName string
param working string[]

@description('Where Event Grid puts what it could not deliver.')
param deadLetters string
param appIdentity string

var workRole = roleId(resourceGroup().id, 'work')
var receiveRole = roleId(resourceGroup().id, 'receive')
var appendRole = roleId(resourceGroup().id, 'append')
var inspectRole = roleId(resourceGroup().id, 'inspect')
var blobDataOwner = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
)
var queueDataContributor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
)
var blobDataReader = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
)
var records = ['ledger', 'certificates']

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentity
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource workplaces 'containers' existing = [
      for container in working: {
        name: container
      }
    ]

    resource written 'containers' existing = [
      for record in records: {
        name: record
      }
    ]

    resource reference 'containers' existing = {
      name: 'reference'
    }

    resource letterBox 'containers' existing = {
      name: deadLetters
    }
  }
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostAccountName
}

resource works 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (container, i) in working: {
    name: guid(accountName, container, appIdentity, workRole)
    scope: account::blobs::workplaces[i]
    properties: {
      principalId: app.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: workRole
    }
  }
]

// Reconciliation lists and reads dead letters, and removes those whose drops are with it. It writes none.
resource clearsLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::letterBox.id, appIdentity, receiveRole)
  scope: account::blobs::letterBox
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: receiveRole
  }
}

resource writesRecords 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (record, i) in records: {
    name: guid(account::blobs::written[i].id, appIdentity, appendRole)
    scope: account::blobs::written[i]
    properties: {
      principalId: app.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: appendRole
    }
  }
]

resource looksUp 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::reference.id, appIdentity, blobDataReader)
  scope: account::blobs::reference
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobDataReader
  }
}

resource inspects 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, appIdentity, inspectRole)
  scope: account
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: inspectRole
  }
}

// The host keeps its poison queue here and asks for this role on the account, which has no queue but the app's own.
// With the same role reconciliation takes messages out of the poison queues.
resource queues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, appIdentity, queueDataContributor)
  scope: account
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: queueDataContributor
  }
}

// The host's own account: its package, its locks, its queue of events. No drop goes there, but a message of that queue
// names its blob, for at most seven days.
resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostAccount.id, appIdentity, blobDataOwner)
  scope: hostAccount
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobDataOwner
  }
}

resource hostQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostAccount.id, appIdentity, queueDataContributor)
  scope: hostAccount
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: queueDataContributor
  }
}
