"""The function app: what the host indexes. Registers the blueprints; nothing else."""

import azure.functions as func

from functions import disposal, drops, health, policy_runs, queued, queues, reconcile, records, requests, watchdog
from functions.settings import Settings

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
if Settings.read().events_are_queued:
    app.register_functions(queued.blueprint())
else:
    app.register_functions(drops.blueprint())
    app.register_functions(requests.blueprint())
app.register_functions(disposal.blueprint())
app.register_functions(watchdog.blueprint())
app.register_functions(policy_runs.blueprint())
app.register_functions(reconcile.blueprint())
app.register_functions(queues.blueprint())
app.register_functions(records.blueprint())
app.register_functions(health.blueprint())
