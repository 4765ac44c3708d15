"""Picture files: listed, divided into splits, decoded, laid on sheets, written."""
