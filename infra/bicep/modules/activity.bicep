// What is done to the subscription itself (rights, logs, alarms, locks): to the workspace for the alarm, to the audit account for
// proof. Azure keeps it for 90 days by itself.
targetScope = 'subscription'

param environmentName string
param group string
param workspaceName string
param auditAccountName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  scope: resourceGroup(group)
  name: workspaceName
}

resource auditAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  scope: resourceGroup(group)
  name: auditAccountName
}

#disable-next-line use-recent-api-versions // the newest that has log categories; what is called newer dates from 2016
resource exported 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'borough-exchange-${environmentName}'
  properties: {
    workspaceId: workspace.id
    storageAccountId: auditAccount.id
    logs: map(['Administrative', 'Security', 'Policy', 'Alert', 'ServiceHealth', 'ResourceHealth'], category => {
      category: category
      enabled: true
    })
  }
}
