from django.db import migrations

COMMENT = 'Empty: a lock. Imports and releases take it ROW EXCLUSIVE before they commit, an assign of many reads SHARE.'


def create(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('CREATE TABLE order_arrivals ()')
        schema_editor.execute('COMMENT ON TABLE order_arrivals IS %s', [COMMENT])


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('DROP TABLE order_arrivals')


class Migration(migrations.Migration):

    dependencies = [('orders', '0003_free_orders_by_hours')]

    operations = [migrations.RunPython(create, drop)]
