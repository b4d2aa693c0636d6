"""GOV.UK Frontend's components as functions for our templates: `{{ govuk.button({"text": "Save"}) }}`. What they take:
https://design-system.service.gov.uk/components"""

from functools import cache

from jinja2 import ChainableUndefined, Environment, PackageLoader, PrefixLoader
from jinja2.runtime import Macro

# An environment of their own: they take what is left out for nothing, where our templates must name what there is.
_environment = Environment(
    loader=PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
    autoescape=True,
    undefined=ChainableUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Components:
    """Each by its name: `govuk.error_summary` is govukErrorSummary."""

    def __getattr__(self, name: str) -> Macro:
        return _macro(name)


@cache
def _macro(name: str) -> Macro:
    template = _environment.get_template(f"govuk_frontend_jinja/components/{name.replace('_', '-')}/macro.html")
    found: Macro = getattr(template.module, "govuk" + name.title().replace("_", ""))
    return found
