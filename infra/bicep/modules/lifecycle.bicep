// The backstop behind the daily sweep: whatever the sweep missed is deleted by the platform itself.
param accountName string

@description('A prefix is compared as text: without its last "/" it would also mean every container whose name goes on.')
param prefixes string[]
param days int

// The service takes at most 10 prefixes in a rule and 100 rules.
var rules = [for i in range(0, (length(prefixes) + 9) / 10): take(skip(prefixes, i * 10), 10)]

resource policy 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  name: '${accountName}/default'
  properties: {
    policy: {
      rules: [for (few, i) in rules: {
        name: 'retention-${i}'
        enabled: true
        type: 'Lifecycle'
        definition: {
          filters: {
            blobTypes: ['blockBlob', 'appendBlob']
            prefixMatch: few
          }
          actions: {
            baseBlob: {
              delete: {
                daysAfterCreationGreaterThan: days
              }
            }
            snapshot: {
              delete: {
                daysAfterCreationGreaterThan: days
              }
            }
            version: {
              delete: {
                daysAfterCreationGreaterThan: days
              }
            }
          }
        }
      }]
    }
  }
}
