// A drawing for each type of panel that the dashboard has, by Grafana's components.
import { cacheFieldDisplayNames, getDisplayValueAlignmentFactors, getFieldDisplayValues } from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { HeatMap } from './heatmap.jsx';

// What the settings of Grafana's plugin are where the dashboard has none.
const lineDefaults = { axisPlacement: 'auto', lineInterpolation: 'linear', pointSize: 5, gradientMode: 'none' };

// The dashboard's annotations, as dashed lines.
const drawMarks = ({ marks, theme }) => ({ ctx, bbox, valToPos }) => {
	ctx.save();
	ctx.setLineDash([5, 5]);
	for (const { time, color } of marks) {
		const x = valToPos(time, 'x', true);
		ctx.strokeStyle = theme.visualization.getColorByName(color);
		ctx.beginPath();
		ctx.moveTo(x, bbox.top);
		ctx.lineTo(x, bbox.top + bbox.height);
		ctx.stroke();
	}
	ctx.restore();
};

function Lines({ frames, panel, context, width, height }) {
	const configured = (field) => ({ ...field, config: { ...field.config, custom: { ...lineDefaults, ...field.config.custom } } });
	const data = frames.map((frame) => ({ ...frame, fields: frame.fields.map(configured) }));
	const marks = { fieldMap: {}, indicesOnly: [], init: (builder) => builder.addHook('draw', drawMarks(context)) };
	return <TimeSeries frames={data} timeRange={context.range} timeZone="utc" width={width} height={height}
		legend={panel.options.legend} renderers={[marks]} />;
}

// Values beside or below each other.
function Values({ frames, panel, context, sparkline, ...layout }) {
	const { reduceOptions, orientation } = panel.options;
	const values = () => getFieldDisplayValues({
		fieldConfig: panel.fieldConfig, reduceOptions, replaceVariables: context.replace, theme: context.theme, data: frames,
		sparkline, timeZone: 'utc',
	});
	return <VizRepeater getValues={values} getAlignmentFactors={getDisplayValueAlignmentFactors} source={frames} renderCounter={0}
		orientation={orientation} {...layout} />;
}

function Stat(props) {
	const { colorMode, graphMode, justifyMode, textMode } = props.panel.options;
	const draw = ({ value, ...place }) => <BigValue value={value.display} sparkline={value.sparkline} theme={props.context.theme}
		{...{ colorMode, graphMode, justifyMode, textMode }} {...place} />;
	return <Values {...props} sparkline={graphMode !== 'none'} itemSpacing={3} autoGrid renderValue={draw} />;
}

function Bars(props) {
	const { displayMode, showUnfilled, valueMode, namePlacement = 'auto' } = props.panel.options;
	const draw = ({ value, ...place }) => <BarGauge value={value.display} field={value.field} theme={props.context.theme}
		itemSpacing={10} {...{ displayMode, showUnfilled, namePlacement }} valueDisplayMode={valueMode} {...place} />;
	return <Values {...props} itemSpacing={10} minVizHeight={16} maxVizHeight={300} renderValue={draw} />;
}

function Table({ frames, panel, context, width, height }) {
	// The component takes a column's name from there alone.
	cacheFieldDisplayNames(frames);
	return <TableNG data={frames[0]} width={width} height={height} noHeader={!panel.options.showHeader} sortBy={panel.options.sortBy}
		fieldConfig={panel.fieldConfig} timeRange={context.range} />;
}

export const drawings = { timeseries: Lines, stat: Stat, bargauge: Bars, table: Table, heatmap: HeatMap };
