"""From now on the database refuses a place that costs something and is no line of an order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0013_orders_of_earlier_places")]

    operations = [
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.CheckConstraint(condition=models.Q(('price__isnull', True), ('price', 0), ('order_line__isnull', False), ('state__in', ['REQUESTED', 'DECLINED', 'LAPSED', 'CANCELLED', 'CANCELLED_BY_PROVIDER']), _connector='OR'), name='a_place_that_costs_something_is_sold'),
        ),
        migrations.AddConstraint(
            model_name='selfpacedenrolment',
            constraint=models.CheckConstraint(condition=models.Q(('price', 0), ('order_line__isnull', False), _connector='OR'), name='a_start_that_costs_something_is_sold'),
        ),
    ]
