// Who the app is, who ends records, and who asks the logs for the alarms.
param names string[]
param location string

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [
  for name in names: {
    name: name
    location: location
  }
]

@description('Object ids, in the order of the names.')
output principals string[] = [for i in range(0, length(names)): identities[i].properties.principalId]
