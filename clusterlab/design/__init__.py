"""The consultant's calculator: sizing, storage, design rules and availability."""

from clusterlab.faces import face

_MODULES = {
    "clusterlab.design.availability": "Pool",
    "clusterlab.design.chains": "Habits pool_chain",
    "clusterlab.design.designfiles": "DesignFile design_toml read_design",
    "clusterlab.design.game": "Year",
    "clusterlab.design.gamerules": "Policy Terms",
    "clusterlab.design.limits": "breaks loss_of",
    "clusterlab.design.montecarlo": "study",
    "clusterlab.design.readiness": "Evidence",
    "clusterlab.design.requirements": "Requirements RequirementsError",
    "clusterlab.design.rules": "facts_of_design lint",
    "clusterlab.design.sizing": "design patterns sheet",
    "clusterlab.design.storage": "carried volumes_text",
}
__all__ = [name for names in _MODULES.values() for name in names.split()]
__getattr__ = face(__name__, _MODULES)
