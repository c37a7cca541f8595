// Grafana's heat map is no part of the components that it publishes: this draws one with those for graphs.
import { formattedValueToString, getValueFormat } from '@grafana/data';
import { AxisPlacement, ScaleDirection, ScaleOrientation, VisibilityMode } from '@grafana/schema';
import { UPlotChart, UPlotConfigBuilder } from '@grafana/ui';
import { interpolateOranges } from 'd3-scale-chromatic';

const schemes = { Oranges: interpolateOranges };
const lineHeight = 12;

// Every bucket is as high as the others: they are two per power of two.
function addScales(builder, { buckets, format, range, theme }) {
	builder.addScale({
		scaleKey: 'x', isTime: true, orientation: ScaleOrientation.Horizontal, direction: ScaleDirection.Right,
		range: () => [range.from.valueOf(), range.to.valueOf()],
	});
	builder.addScale({
		scaleKey: 'y', orientation: ScaleOrientation.Vertical, direction: ScaleDirection.Up, range: () => [0, buckets.length],
	});
	builder.addAxis({ scaleKey: 'x', isTime: true, placement: AxisPlacement.Bottom, timeZone: 'utc', theme });
	builder.addAxis({
		scaleKey: 'y', placement: AxisPlacement.Left, theme,
		// A bucket's bound is its upper edge. There is not room for all.
		splits: (u) => buckets.map((_, i) => i + 1).filter((i) => i % Math.ceil(buckets.length * lineHeight / u.height) === 0),
		values: (_, splits) => splits.map((i) => {
			const { le } = buckets[i - 1].labels;
			return le === '+Inf' ? le : formattedValueToString(format(Number(le)));
		}),
	});
}

function config({ frame, options, range, theme }) {
	const [time, ...buckets] = frame.fields;
	const most = Math.max(...buckets.flatMap(({ values }) => values));
	const color = schemes[options.color.scheme];
	const builder = new UPlotConfigBuilder('utc');
	addScales(builder, { buckets, format: getValueFormat(options.yAxis.unit), range, theme });
	// Without a series nothing is drawn.
	builder.addSeries({ scaleKey: 'y', theme, lineWidth: 0, showPoints: VisibilityMode.Never, pathBuilder: () => null });
	builder.addHook('draw', ({ ctx, valToPos }) => time.values.forEach((at, t) => buckets.forEach(({ values }, i) => {
		if (!(values[t] > options.filterValues.le))
			return;
		const [left, right] = [at - time.config.interval, at].map((x) => valToPos(x, 'x', true));
		const [top, bottom] = [i + 1, i].map((y) => valToPos(y, 'y', true));
		// As in Grafana, few are dark on a dark page.
		const share = (values[t] / most) ** options.color.exponent;
		ctx.fillStyle = color(theme.isDark ? 1 - share : share);
		ctx.fillRect(left, top, right - left - options.cellGap, bottom - top - options.cellGap);
	})));
	return builder;
}

export function HeatMap({ frames: [frame], panel, context, width, height }) {
	const times = frame.fields[0].values;
	const builder = config({ frame, options: panel.options, ...context });
	return <UPlotChart config={builder} data={[times, times.map(() => 0)]} width={width} height={height} />;
}
