"""Foreign BPMN 2.0 comes in: kept as drawn, made to run as far as the drawing says how, with a list of what it lacks.

imported = import_diagram("invoice.bpmn", content)
imported.content    # the normalised file, for the modeller and for a package
imported.todo       # what is missing to run it, each with its element
imported.lossy      # what is shown and does not run
"""

from engine.importing.diagram import import_diagram
from engine.importing.report import Group, Imported, ImportedProcess, Loss, ToDo

__all__ = ["Group", "Imported", "ImportedProcess", "Loss", "ToDo", "import_diagram"]
