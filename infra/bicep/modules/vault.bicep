// The exchange's keys: one per borough for what it drops, one for staging. Their private parts never leave the vault.
// Boroughs' release and signing keys are made by the boroughs; the vault holds their public parts as secrets.
param name string
param location string
param keyNames string[]

@allowed(['Allow', 'Deny'])
param networkRule string
param addresses string[]
param keepers string[]
param keepRole string
param appPrincipal string

var cryptoUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '12338af0-0e69-4776-bea7-57ae8d297424')
var secretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
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

resource keys 'Microsoft.KeyVault/vaults/keys@2023-07-01' = [for keyName in keyNames: {
  parent: vault
  name: keyName
  properties: {
    kty: 'RSA'
    keySize: 3072
    keyOps: ['wrapKey', 'unwrapKey']
  }
}]

resource unwraps 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (keyName, i) in keyNames: {
  name: guid(vault.id, keyName, appPrincipal, cryptoUser)
  scope: keys[i]
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: cryptoUser
  }
}]

// On the vault, since the secrets (public keys that boroughs send, and the signing key) come after the deployment.
resource readsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appPrincipal, secretsUser)
  scope: vault
  properties: {
    principalId: appPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: secretsUser
  }
}

resource keeps 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for keeper in keepers: {
  name: guid(vault.id, keeper, keepRole)
  scope: vault
  properties: {
    principalId: keeper
    principalType: 'User'
    roleDefinitionId: keepRole
  }
}]

output name string = vault.name
output id string = vault.id
output uri string = vault.properties.vaultUri
