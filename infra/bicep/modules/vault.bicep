// The exchange's keys: one per borough for what it drops, one for staging. Their private parts never leave the vault.
// Boroughs' release and signing keys are made by the boroughs; the vault holds their public parts as secrets.
import { roleId } from 'roles.bicep'
import { who } from '../types.bicep'

param name string
param location string
param keyNames string[]

@allowed(['Allow', 'Deny'])
param networkRule string

@description('Ranges such as 203.0.113.7/32.')
param addresses string[]
param keepers who[]
param appIdentity string

var keepRole = roleId(resourceGroup().id, 'keep')
var cryptoUser = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '12338af0-0e69-4776-bea7-57ae8d297424'
)
var secretsUser = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '4633458b-17de-408a-b874-0445c86b69e6'
)

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentity
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: networkRule
      ipRules: map(addresses, address => { value: address })
    }
  }
}

// The first version is made if there is none; another deployment makes no new one.
resource keys 'Microsoft.KeyVault/vaults/keys@2025-05-01' = [
  for keyName in keyNames: {
    parent: vault
    name: keyName
    properties: {
      kty: 'RSA'
      keySize: 3072
      keyOps: ['wrapKey', 'unwrapKey']
    }
  }
]

resource unwraps 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (keyName, i) in keyNames: {
    name: guid(vault.id, keyName, appIdentity, cryptoUser)
    scope: keys[i]
    properties: {
      principalId: app.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: cryptoUser
    }
  }
]

// On the vault, since the secrets (public keys that boroughs send, and the signing key) come after the deployment.
resource readsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appIdentity, secretsUser)
  scope: vault
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: secretsUser
  }
}

resource keeps 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for keeper in keepers: {
    name: guid(vault.id, keeper.id, keepRole)
    scope: vault
    properties: {
      principalId: keeper.id
      principalType: keeper.type
      roleDefinitionId: keepRole
    }
  }
]

output uri string = vault.properties.vaultUri
