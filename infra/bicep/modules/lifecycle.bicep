// The backstop behind the daily sweep: whatever the sweep missed is deleted by the platform itself.
param accountName string

@description('A prefix is compared as text: without its last "/" it would also mean every container whose name goes on.')
param prefixes string[]
param days int

@description('Containers that have days of their own.')
param remembered { container: string, days: int }[]

// The service takes at most 10 prefixes in a rule and 100 rules.
var ofRows = map(range(0, (length(prefixes) + 9) / 10), i => {
  prefixes: take(skip(prefixes, i * 10), 10)
  days: days
})
var rules = [
  ...ofRows
  ...map(remembered, one => {
    prefixes: ['${one.container}/']
    days: one.days
  })
]

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName
}

resource policy 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        for (rule, i) in rules: {
          name: 'retention-${i}'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: rule.prefixes
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterCreationGreaterThan: rule.days
                }
              }
              snapshot: {
                delete: {
                  daysAfterCreationGreaterThan: rule.days
                }
              }
              version: {
                delete: {
                  daysAfterCreationGreaterThan: rule.days
                }
              }
            }
          }
        }
      ]
    }
  }
}
