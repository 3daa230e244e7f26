// Who read, wrote and deleted what, and who used a key: to the workspace for alarms, to the audit account for proof.
param accountName string
param vaultName string
param workspaceId string
param auditAccountId string

var storageLogs = map(['StorageRead', 'StorageWrite', 'StorageDelete'], category => { category: category, enabled: true })

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  name: '${accountName}/default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' existing = {
  name: '${accountName}/default'
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource blobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    storageAccountId: auditAccountId
    logs: storageLogs
  }
}

resource queueLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: queues
  properties: {
    workspaceId: workspaceId
    storageAccountId: auditAccountId
    logs: storageLogs
  }
}

resource vaultLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    storageAccountId: auditAccountId
    // Into AZKVAuditLogs, where the alarm looks; without this a vault's events go into a table shared with everybody.
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}
