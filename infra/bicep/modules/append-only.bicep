// Logs can be added to and read, not changed or deleted. A template cannot lock a policy: infra/lock-audit.sh does.
param accountName string
param containers string[]
param days int

resource policies 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2024-01-01' = [for container in containers: {
  name: '${accountName}/default/${container}/default'
  properties: {
    // Azure Monitor appends to one blob an hour.
    allowProtectedAppendWrites: true
    immutabilityPeriodSinceCreationInDays: days
  }
}]
