// Who read, wrote and deleted what, and who used a key: to the workspace for alarms, to the audit account for proof.
param accountName string
param auditAccountName string
param vaultName string
param workspaceName string

var storageLogs = map(['StorageRead', 'StorageWrite', 'StorageDelete'], category => {
  category: category
  enabled: true
})

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = {
    name: 'default'
  }

  resource queues 'queueServices' existing = {
    name: 'default'
  }
}

resource auditAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: auditAccountName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

#disable-next-line use-recent-api-versions // the newest that has log categories; what is called newer dates from 2016
resource blobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: account::blobs
  properties: {
    workspaceId: workspace.id
    storageAccountId: auditAccount.id
    logs: storageLogs
  }
}

#disable-next-line use-recent-api-versions // as above
resource queueLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: account::queues
  properties: {
    workspaceId: workspace.id
    storageAccountId: auditAccount.id
    logs: storageLogs
  }
}

#disable-next-line use-recent-api-versions // as above
resource vaultLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspace.id
    storageAccountId: auditAccount.id
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
