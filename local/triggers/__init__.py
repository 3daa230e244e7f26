"""The blob and queue triggers of the local exchange: what stands between a new blob and the function that takes it in.

========== =========================================================================================================
`app`      the app's own functions, as its index gives them, and the process that runs them
`grid`     in place of Event Grid: new blobs become events
`machine`  what takes events to functions: the one interface that there are two of
`imitation` our own, in this process; `host_message` is what it makes of an event
`real`     the trigger assemblies that the Functions host loads, in a program beside this one
`front`    what that program asks of us: to run a function, and who it is
========== =========================================================================================================
"""
