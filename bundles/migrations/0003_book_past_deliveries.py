from collections import defaultdict
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.db import migrations

PAY = {'foot': 1_000, 'bike': 2_500, 'car': 4_500}


def book(apps, schema_editor):
    """Write the totals and earnings of what was delivered before they were kept: streamed, a courier at a time."""
    Courier, DeliveryTotal, Order = (
        apps.get_model(model).objects.using(schema_editor.connection.alias)
        for model in ('couriers.Courier', 'bundles.DeliveryTotal', 'orders.Order')
    )
    deliveries = (
        Order.filter(complete_time__isnull=False)
        .order_by('bundle__courier_id', 'bundle_id', 'complete_time', 'order_id')
        .values_list(
            'bundle__courier_id',
            'bundle_id',
            'bundle__courier_type',
            'bundle__is_completed',
            'bundle__assign_time',
            'complete_time',
            'region',
        )
    )
    for courier_id, his_deliveries in groupby(deliveries.iterator(), key=itemgetter(0)):
        earnings, counts, times = 0, defaultdict(int), defaultdict(timedelta)
        for bundle, delivered in groupby(his_deliveries, key=itemgetter(1, 2, 3, 4)):
            _, courier_type, is_completed, before = bundle
            if is_completed:
                earnings += PAY[courier_type]
            for *_, complete_time, region in delivered:
                counts[region] += 1
                times[region] += max(complete_time - before, timedelta(0))
                before = complete_time
        DeliveryTotal.bulk_create(
            DeliveryTotal.model(
                courier_id=courier_id,
                region=region,
                deliveries=counts[region],
                seconds=time // timedelta(seconds=1),
                microseconds=time.microseconds,
            )
            for region, time in times.items()
        )
        if earnings:
            Courier.filter(courier_id=courier_id).update(earnings=earnings)


def forget(apps, schema_editor):
    alias = schema_editor.connection.alias
    apps.get_model('bundles.DeliveryTotal').objects.using(alias).all().delete()
    apps.get_model('couriers.Courier').objects.using(alias).update(earnings=0)


class Migration(migrations.Migration):

    dependencies = [
        ('bundles', '0002_delivery_totals'),
        ('couriers', '0002_courier_earnings'),
        ('orders', '0001_initial'),
    ]

    operations = [migrations.RunPython(book, forget)]
