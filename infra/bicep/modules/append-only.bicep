// What is in these containers can be added to and read, not changed or deleted. A template cannot lock a policy:
// infra/lock-audit.sh does.
param accountName string
param containers string[]
param days int

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource kept 'containers' existing = [
      for container in containers: {
        name: container
      }
    ]
  }
}

resource policies 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-06-01' = [
  for (container, i) in containers: {
    parent: account::blobs::kept[i]
    name: 'default'
    properties: {
      // Azure Monitor appends to one blob an hour.
      allowProtectedAppendWrites: true
      immutabilityPeriodSinceCreationInDays: days
    }
  }
]
