from django.db import migrations

RFC_3339 = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
WORDS = {
    'postgresql': {
        'now': 'now()',
        'object': 'jsonb_build_object',
        'text': '::text',
        'json': '',
        'assign_time': RFC_3339.format('assign_time'),
        'complete_time': RFC_3339.format('complete_time'),
        'is_completed': 'is_completed',
    },
    'sqlite': {
        'now': "strftime('%Y-%m-%d %H:%M:%f', 'now')",
        'object': 'json_object',
        'text': '',
        'json': 'json',
        'assign_time': "replace(assign_time, ' ', 'T') || 'Z'",
        'complete_time': "replace(complete_time, ' ', 'T') || 'Z'",
        'is_completed': "json(CASE WHEN is_completed THEN 'true' ELSE 'false' END)",
    },
}
FOUND = [
    """
    INSERT INTO events (at, what, door, actor, request_id, courier_id, details)
    SELECT {now}, 'found', 'migrate', '', '', courier_id, {object}(
        'courier_type', courier_type, 'regions', {json}(regions), 'working_hours', {json}(working_hours),
        'earnings', earnings){text}
    FROM couriers
    """,
    """
    INSERT INTO events (at, what, door, actor, request_id, courier_id, bundle_id, details)
    SELECT {now}, 'found', 'migrate', '', '', courier_id, bundle_id, {object}(
        'courier_type', courier_type, 'assign_time', {assign_time}, 'is_completed', {is_completed},
        'released_orders', released_orders){text}
    FROM bundles
    """,
    """
    INSERT INTO events (at, what, door, actor, request_id, bundle_id, order_id, details)
    SELECT {now}, 'found', 'migrate', '', '', bundle_id, order_id, {object}(
        'weight', weight, 'region', region, 'delivery_hours', {json}(delivery_hours), 'complete_time', {complete_time}){text}
    FROM orders
    """,
]


def put_on_record(apps, schema_editor):
    """Put what stands in the store on record as it is found: what came before it was kept nobody knows."""
    with schema_editor.connection.cursor() as cursor:
        for statement in FOUND:
            cursor.execute(statement.format_map(WORDS[schema_editor.connection.vendor]))


class Migration(migrations.Migration):

    dependencies = [
        ('bundles', '0005_names_in_words'),
        ('couriers', '0003_names_in_words'),
        ('orders', '0006_names_in_words'),
        ('record', '0001_initial'),
    ]

    operations = [migrations.RunPython(put_on_record, migrations.RunPython.noop)]
