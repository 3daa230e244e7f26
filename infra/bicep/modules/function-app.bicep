// The app: Flex Consumption, Python, no key of any account in its settings.
param name string
param location string
param tags object
param identityId string
param identityClientId string

@description('The identity that ends records; the app uses it for that alone.')
param recordsIdentityId string
param recordsIdentityClientId string
param hostAccountName string
param exchangeAccountName string
param exchangeAccountId string
param logWorkspace string
param vaultUri string
param insightsConnection string
param privateNetwork bool
param subnetId string
param operatorAddresses string[]

var storage = environment().suffixes.storage
var hostBlobs = 'https://${hostAccountName}.blob.${storage}'
var gridOnly = [
  {
    name: 'event-grid'
    action: 'Allow'
    priority: 100
    tag: 'ServiceTag'
    ipAddress: 'AzureEventGrid'
  }
]
var operators = map(operatorAddresses, address => { name: 'operator', action: 'Allow', priority: 200, ipAddress: address })
var settings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: hostBlobs
  AzureWebJobsStorage__queueServiceUri: 'https://${hostAccountName}.queue.${storage}'
  Exchange__credential: 'managedidentity'
  Exchange__clientId: identityClientId
  Exchange__blobServiceUri: 'https://${exchangeAccountName}.blob.${storage}'
  Exchange__queueServiceUri: 'https://${exchangeAccountName}.queue.${storage}'
  EXCHANGE_KEY_VAULT: vaultUri
  EXCHANGE_ACCOUNT_ID: exchangeAccountId
  EXCHANGE_LOG_WORKSPACE: logWorkspace
  EXCHANGE_RECORDS_CLIENT_ID: recordsIdentityClientId
  EXCHANGE_EVENTS: privateNetwork ? 'queue' : 'grid'
  // Every queue of the private variant counts for itself (host.json): this is what bounds an instance of 2 GB.
  PYTHON_THREADPOOL_THREAD_COUNT: '3'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
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

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  tags: union(tags, { 'azd-service-name': 'exchange' })
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
      '${recordsIdentityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    virtualNetworkSubnetId: privateNetwork ? subnetId : null
    siteConfig: {
      minTlsVersion: '1.2'
      // Deliveries come from Event Grid and nobody else has business here but operators. A push is never private.
      ipSecurityRestrictionsDefaultAction: 'Deny'
      ipSecurityRestrictions: concat(gridOnly, operators)
      // The deployment's door, which asks for Entra.
      scmIpSecurityRestrictionsUseMain: false
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostBlobs}/app-package'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
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

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: settings
}

// Deployment goes by Entra, never by a publishing password.
resource noPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = [for door in ['ftp', 'scm']: {
  parent: app
  name: door
  properties: {
    allow: false
  }
}]

output name string = app.name
output id string = app.id
output hostName string = app.properties.defaultHostName
