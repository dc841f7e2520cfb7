from django.contrib.auth.management import create_permissions
from django.db import migrations

RECORDS = ["couriers.view_courier", "bundles.view_bundle", "orders.view_order"]
GROUPS = {
    "viewer": RECORDS,
    "dispatcher": [
        *RECORDS,
        "dispatchers.dispatch",
        "couriers.add_courier",
        "couriers.change_courier",
        "orders.add_order",
    ],
    "payroll": [*RECORDS, "dispatchers.see_pay"],
}


def make_groups(apps, schema_editor):
    """Django makes the permissions only after all migrations, so these are made here."""
    database = schema_editor.connection.alias
    for label in ("couriers", "bundles", "orders", "dispatchers"):
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0, using=database)
        config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    for name, wanted in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.using(database).get_or_create(name=name)
        for permission in wanted:
            app, codename = permission.split(".")
            group.permissions.add(permissions.get(content_type__app_label=app, codename=codename))


class Migration(migrations.Migration):
    """The groups dispatcher, payroll and viewer; one that stands already keeps what it may do and may this, too."""

    dependencies = [
        ("dispatchers", "0001_dispatch"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("couriers", "0001_initial"),
        ("bundles", "0001_initial"),
        ("orders", "0001_initial"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
