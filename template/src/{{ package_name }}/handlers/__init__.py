"""One module per trigger: parse the event, call the domain, respond."""
