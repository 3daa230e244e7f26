// What nobody may delete by mistake. A lock also bars the removal of rights on it: who takes an operator or a keeper out takes
// it off first (docs/operators/onboarding.md). None on the exchange account, under which the rights of parties come and go, nor
// on the group, whose history of deployments Azure has to be able to clear.
param vaultName string
param workspaceName string
param hostAccountName string
param auditAccountName string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostAccountName
}

resource auditAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: auditAccountName
}

resource keys 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'exchange'
  scope: vault
  properties: {
    level: 'CanNotDelete'
    notes: 'Without its keys nothing of the exchange can be read.'
  }
}

resource logs 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'exchange'
  scope: workspace
  properties: {
    level: 'CanNotDelete'
    notes: 'The alarms of the exchange ask it.'
  }
}

resource code 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'exchange'
  scope: hostAccount
  properties: {
    level: 'CanNotDelete'
    notes: 'The app runs from it.'
  }
}

resource proof 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'exchange'
  scope: auditAccount
  properties: {
    level: 'CanNotDelete'
    notes: 'Who read what, for an auditor.'
  }
}
