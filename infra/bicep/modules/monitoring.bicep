// Logs for looking at: 90 days. What an auditor needs later is in the audit account.
import { roleId } from 'roles.bicep'

param environmentName string
param workspaceName string
param location string
param appIdentity string

@description('Who asks the logs for the alarms. Without one a rule has the rights of whoever deployed last, and loses them with them.')
param alarmsIdentity string

var logsRole = roleId(resourceGroup().id, 'logs')
var metricsPublisher = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '3913510d-42f4-4e42-8a64-420c390055eb'
)
var logAnalyticsReader = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '73c42c96-874c-492b-b04d-ab87d138a893'
)

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentity
}

resource alarms 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: alarmsIdentity
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 90
    features: {
      disableLocalAuth: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-borough-exchange-${environmentName}'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource publishes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, appIdentity, metricsPublisher)
  scope: insights
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: metricsPublisher
  }
}

// Whether a borough has collected its results stands in the logs alone.
resource asks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, appIdentity, logsRole)
  scope: workspace
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: logsRole
  }
}

resource watches 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, alarmsIdentity, logAnalyticsReader)
  scope: workspace
  properties: {
    principalId: alarms.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: logAnalyticsReader
  }
}
