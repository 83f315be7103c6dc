# Managed by the template: see docs/updating.md.

.PHONY: flags
flags: $(synced) ## the feature flags of STAGE=..., or switch one: FLAG=... TO=on or off
	@$(python) -m tools.flags "$(STAGE)" $(if $(FLAG),--flag "$(FLAG)" --to "$(TO)" $(if $(YES),--yes))
