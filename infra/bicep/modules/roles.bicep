// Roles that say exactly what is done, because the built-in ones allow more: Blob Data Contributor may overwrite,
// and may delete whole containers. All of them are assigned to single containers, so none needs a condition.
// Versions are off; the sweep may delete those that somebody has made by turning them on nevertheless.

@export()
@description('Id of the role of that key in a resource group: known before the role is made, as a preview needs it.')
func roleId(group string, key string) string =>
  '${group}/providers/Microsoft.Authorization/roleDefinitions/${guid(group, key)}'

param environmentName string

var blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
var readContainer = 'Microsoft.Storage/storageAccounts/blobServices/containers/read'
var definitions = [
  {
    key: 'create'
    name: 'Exchange: put into an inbox'
    description: 'Create a blob. Not read, list, overwrite or delete any.'
    actions: []
    dataActions: ['${blobs}/add/action']
  }
  {
    key: 'collect'
    name: 'Exchange: collect from an outbox'
    description: 'Read and list blobs.'
    actions: [readContainer]
    dataActions: ['${blobs}/read']
  }
  {
    key: 'receive'
    name: 'Exchange: take in and clear an inbox'
    description: 'Read and delete blobs. Not write any: what a borough dropped stays as it came.'
    actions: [readContainer]
    dataActions: ['${blobs}/read', '${blobs}/delete', '${blobs}/deleteBlobVersion/action']
  }
  {
    key: 'work'
    name: 'Exchange: work in a container'
    description: 'Read, create, replace and delete blobs. Not the container.'
    actions: [readContainer]
    dataActions: [
      '${blobs}/read'
      '${blobs}/add/action'
      '${blobs}/write'
      '${blobs}/delete'
      '${blobs}/deleteBlobVersion/action'
    ]
  }
  {
    key: 'append'
    name: 'Exchange: write records'
    description: 'Read and create blobs. Not overwrite or delete any.'
    actions: [readContainer]
    dataActions: ['${blobs}/read', '${blobs}/add/action']
  }
  {
    key: 'inspect'
    name: 'Exchange: inspect an account'
    description: 'See how the account is configured and which containers it has. No blob.'
    actions: [
      'Microsoft.Storage/storageAccounts/read'
      'Microsoft.Storage/storageAccounts/blobServices/read'
      'Microsoft.Storage/storageAccounts/blobServices/containers/read'
      'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/read'
      'Microsoft.Storage/storageAccounts/managementPolicies/read'
      'Microsoft.Storage/storageAccounts/objectReplicationPolicies/read'
    ]
    dataActions: []
  }
  {
    key: 'end'
    name: 'Exchange: end records'
    description: 'Read and delete blobs. Not write any: nothing can be put in the place of what was deleted.'
    actions: [readContainer]
    dataActions: ['${blobs}/read', '${blobs}/delete']
  }
  {
    key: 'logs'
    name: 'Exchange: read storage logs'
    description: 'Ask the workspace for lines of the one table that says who read which blob.'
    actions: [
      'Microsoft.OperationalInsights/workspaces/read'
      'Microsoft.OperationalInsights/workspaces/query/read'
      'Microsoft.OperationalInsights/workspaces/query/StorageBlobLogs/read'
    ]
    dataActions: []
  }
  {
    key: 'see'
    name: 'Exchange: see who is told of what'
    description: 'See the functions of the app, and which of them each event subscription calls (a URL with the key of that webhook). Change nothing.'
    actions: [
      'Microsoft.Web/sites/read'
      'Microsoft.Web/sites/functions/read'
      'Microsoft.EventGrid/systemTopics/eventSubscriptions/read'
      'Microsoft.EventGrid/systemTopics/eventSubscriptions/getFullUrl/action'
    ]
    dataActions: []
  }
  {
    key: 'keep'
    name: 'Exchange: keep keys'
    description: 'Make, rotate and disable keys and secrets. Not unwrap, decrypt or sign with a key, nor delete one.'
    actions: []
    dataActions: [
      'Microsoft.KeyVault/vaults/keys/read'
      'Microsoft.KeyVault/vaults/keys/create/action'
      'Microsoft.KeyVault/vaults/keys/update/action'
      'Microsoft.KeyVault/vaults/keys/rotate/action'
      'Microsoft.KeyVault/vaults/secrets/readMetadata/action'
      'Microsoft.KeyVault/vaults/secrets/getSecret/action'
      'Microsoft.KeyVault/vaults/secrets/setSecret/action'
      'Microsoft.KeyVault/vaults/secrets/update/action'
    ]
  }
]

resource custom 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [
  for definition in definitions: {
    name: guid(resourceGroup().id, definition.key)
    properties: {
      // Names of roles are unique in a tenant.
      roleName: '${definition.name} (${environmentName})'
      description: definition.description
      type: 'CustomRole'
      permissions: [
        {
          actions: definition.actions
          notActions: []
          dataActions: definition.dataActions
          notDataActions: []
        }
      ]
      assignableScopes: [resourceGroup().id]
    }
  }
]
