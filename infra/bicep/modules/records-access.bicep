// Who ends records when their days are over: an identity of its own, which deletes and cannot write. The app's identity
// writes and cannot delete. So nobody can put another event in the place of one, and the logs tell the two apart.
import { roleId } from 'roles.bicep'

param accountName string
param recordsIdentity string

var records = ['ledger', 'certificates']
var endRole = roleId(resourceGroup().id, 'end')

resource ender 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: recordsIdentity
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource containers 'containers' existing = [
      for record in records: {
        name: record
      }
    ]
  }
}

resource ends 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (record, i) in records: {
    name: guid(accountName, record, recordsIdentity, endRole)
    scope: account::blobs::containers[i]
    properties: {
      principalId: ender.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: endRole
    }
  }
]
