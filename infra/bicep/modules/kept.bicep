// What is in these containers is kept for so many days: until then nobody changes or deletes it. A template cannot lock a
// policy: infra/lock.sh does.
param accountName string
param containers string[]
param days int

@description('Whether a blob may be added to: Azure Monitor appends to one an hour; a record is written once.')
param appends bool

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
      allowProtectedAppendWrites: appends
      immutabilityPeriodSinceCreationInDays: days
    }
  }
]
