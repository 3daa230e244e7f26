"""The audit: reads copies of logs, ledger and certificates, explains every operation, answers an auditor's questions.

It works on a folder of copies (the *record*) on a laptop, never on an account. Read, explain, check: `logs`, `explain`,
`checks`, and `audit` that does all three.
"""
