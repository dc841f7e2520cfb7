from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class DispatchersConfig(AppConfig):
    name = "dispatchers"
    default = True


class AdminConfig(DjangoAdminConfig):
    """Django's admin, with the dispatchers' site as the one where every app registers its records."""

    default_site = "dispatchers.site.DispatcherSite"
