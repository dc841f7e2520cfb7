from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class DispatchersConfig(AppConfig):
    name = "dispatchers"
    default = True

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from dispatchers.login import forget_misses

        user_logged_in.connect(forget_misses)


class AdminConfig(DjangoAdminConfig):
    """Django's admin, with the dispatchers' site as the one where every app registers its records."""

    default_site = "dispatchers.site.DispatcherSite"
