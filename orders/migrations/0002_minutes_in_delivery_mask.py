from django.db import migrations, models

BATCH = 10_000


def mask(hours):
    """What sweets_store.hours.delivery_mask was when this was written."""
    if not hours:
        return 0
    windows = [
        (int(window[:2]) * 60 + int(window[3:5]), int(window[6:8]) * 60 + int(window[9:11])) for window in hours
    ]
    half_hours = 0
    for start, end in windows:
        half_hours |= (1 << ((end - 1) // 30 + 1)) - (1 << (start // 30))
    start, end = min(start for start, _ in windows), max(end for _, end in windows)
    return half_hours << 10 | start % 30 << 5 | (end - 1) % 30


def add_minutes(apps, schema_editor):
    """Write the mask of every order anew, 10,000 at a time."""
    connection = schema_editor.connection
    orders = apps.get_model('orders.Order').objects.using(connection.alias).order_by('pk')
    last = 0
    while rows := list(orders.filter(pk__gt=last).values_list('pk', 'delivery_hours')[:BATCH]):
        last = rows[-1][0]
        masks = [(mask(hours), order_id) for order_id, hours in rows]
        with connection.cursor() as cursor:
            if connection.vendor == 'postgresql':
                cursor.execute(
                    'UPDATE orders SET delivery_mask = new.mask FROM unnest(%s::bigint[], %s::bigint[])'
                    ' AS new (mask, order_id) WHERE orders.order_id = new.order_id',
                    [*map(list, zip(*masks))],
                )
            else:
                cursor.executemany('UPDATE orders SET delivery_mask = %s WHERE order_id = %s', masks)


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='order',
            name='delivery_mask',
            field=models.BigIntegerField(
                editable=False,
                help_text='Derived from delivery_hours: a bit for each half-hour of the day that they touch, above ten bits for the minutes at which they begin and end.',
            ),
        ),
        migrations.RunPython(
            add_minutes,
            lambda apps, schema_editor: schema_editor.execute('UPDATE orders SET delivery_mask = delivery_mask >> 10'),
        ),
    ]
