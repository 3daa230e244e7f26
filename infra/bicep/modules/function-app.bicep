// The app: Flex Consumption, Python, no key of any account in its settings.
import { networkName } from 'network.bicep'

param name string
param location string
param tags { *: string }
param appIdentity string

@description('The identity that ends records; the app uses it for that alone.')
param recordsIdentity string
param hostAccountName string
param exchangeAccountName string
param environmentName string
param workspaceName string
param vaultName string
param privateNetwork bool

@description('Ranges such as 203.0.113.7/32, from which operators see the health page.')
param operatorRanges string[]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentity
}

resource ender 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: recordsIdentity
}

resource exchangeAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: exchangeAccountName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: 'appi-borough-exchange-${environmentName}'
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@2025-05-01' existing = {
  name: '${networkName}/app'
}

var storage = environment().suffixes.storage
var hostBlobs = 'https://${hostAccountName}.blob.${storage}'
// Deliveries come from Event Grid, the availability test from Azure Monitor, and nobody else has business here but
// operators. In the private variant both are absent: events wait in queues, and the app is heard by its heartbeat.
var services = privateNetwork ? [] : ['AzureEventGrid', 'ApplicationInsightsAvailability']
var rules = [
  ...map(services, (service, i) => {
    name: toLower(service)
    action: 'Allow'
    priority: 100 + i
    tag: 'ServiceTag'
    ipAddress: service
  })
  ...map(operatorRanges, (range, i) => {
    name: 'operator-${i + 1}'
    action: 'Allow'
    priority: 200 + i
    ipAddress: range
  })
]
var settings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  AzureWebJobsStorage__blobServiceUri: hostBlobs
  AzureWebJobsStorage__queueServiceUri: 'https://${hostAccountName}.queue.${storage}'
  Exchange__credential: 'managedidentity'
  Exchange__clientId: identity.properties.clientId
  Exchange__blobServiceUri: 'https://${exchangeAccountName}.blob.${storage}'
  Exchange__queueServiceUri: 'https://${exchangeAccountName}.queue.${storage}'
  EXCHANGE_KEY_VAULT: vault.properties.vaultUri
  EXCHANGE_ACCOUNT_ID: exchangeAccount.id
  EXCHANGE_LOG_WORKSPACE: workspace.properties.customerId
  EXCHANGE_RECORDS_CLIENT_ID: ender.properties.clientId
  EXCHANGE_EVENTS: privateNetwork ? 'queue' : 'grid'
  // Every queue of the private variant counts for itself (host.json): this is what bounds an instance of 2 GB.
  PYTHON_THREADPOOL_THREAD_COUNT: '3'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-${name}'
  location: location
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  tags: {
    ...tags
    'azd-service-name': 'exchange'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
      '${ender.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    // Said aloud: App Service switches it off by itself where there is a private endpoint. The rules below decide.
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: privateNetwork ? subnet.id : null
    siteConfig: {
      minTlsVersion: '1.2'
      ipSecurityRestrictionsDefaultAction: 'Deny'
      ipSecurityRestrictions: rules
      // The deployment's door, which asks for Entra. Open, so that a hosted runner can deploy; closed in the private
      // variant, where a runner comes through the private endpoint.
      scmIpSecurityRestrictionsUseMain: false
      scmIpSecurityRestrictionsDefaultAction: privateNetwork ? 'Deny' : 'Allow'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostBlobs}/app-package'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: settings
}

// Deployment goes by Entra, never by a publishing password.
resource noFtpPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noScmPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

output id string = app.id
output hostName string = app.properties.defaultHostName
