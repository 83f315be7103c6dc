# Managed by the template: see docs/updating.md.

.PHONY: image
image: $(synced) ## build dist/image.tar from what make package made, with Docker
	@$(python) -m tools.image build
