// What a panel shows: the answers to its queries as Grafana's data frames, asked for and prepared as Grafana does it.
import {
	applyFieldOverrides, FieldType, rangeUtil, Registry, standardTransformers, standardTransformersRegistry, transformDataFrame,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';

// Some stand there by two names.
const transformers = new Map(Object.values(standardTransformers).map((one) => [one.id, one]));
standardTransformersRegistry.setInit(() => [...transformers.values()].map(
	(one) => ({ id: one.id, name: one.name, transformation: async () => one })));

// The variables as they stand when the dashboard is opened, and Grafana's own, as in a panel of that many pixels.
export function interpolation(dashboard, { range, scrape, pixels }) {
	const step = rangeUtil.calculateInterval(range, pixels, scrape).intervalMs / 1000;
	const interval = rangeUtil.intervalToSeconds(scrape);
	const values = {
		__interval: `${step}s`,
		__rate_interval: `${Math.max(step + interval, 4 * interval)}s`,
		__range: `${Math.round(range.to.diff(range.from) / 1000)}s`,
	};
	for (const { name, current, allValue } of dashboard.templating.list)
		if (current.value?.includes('$__all'))
			values[name] = allValue;
	const replace = (text) => text.replace(/\$(\w+)|\$\{(\w+)\}/g, (all, name, braced) => values[name ?? braced] ?? all);
	return { step, replace };
}

async function ask(path, parameters) {
	const answer = await (await fetch(`/api/v1/${path}?${new URLSearchParams(parameters)}`)).json();
	if (answer.status !== 'success')
		throw new Error(`${parameters.query}: ${answer.error}`);
	return answer.data.result;
}

// Grafana asks for points at multiples of the step.
function steps({ from, to }, step) {
	const [first, last] = [from, to].map((time) => Math.floor(time.valueOf() / 1000 / step));
	return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

async function series(target, { replace, range, step }) {
	const query = replace(target.expr);
	if (target.instant) {
		const result = await ask('query', { query, time: range.to.valueOf() / 1000 });
		return result.map(({ metric, value }) => ({ metric, values: [value] }));
	}
	const times = steps(range, step);
	return ask('query_range', { query, start: times[0], end: times[times.length - 1], step });
}

const number = (text) => Number(text.replace('Inf', 'Infinity'));
const frame = (target, name, fields) => ({ refId: target.refId, name, fields, length: fields[0].values.length });

function legend({ legendFormat, expr }, { __name__: name = '', ...labels }) {
	if (legendFormat)
		return legendFormat.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => labels[label] ?? '');
	const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`).join(', ');
	return text ? `${name}{${text}}` : name || expr;
}

// A point for every step, null where there is none or no number, as Grafana's time series have it.
function lines(target, result, { step, range }) {
	return result.map(({ metric, values }) => {
		const name = legend(target, metric);
		const known = new Map(values.map(([time, text]) => [time, number(text)]));
		const times = target.instant ? [...known.keys()] : steps(range, step);
		const points = times.map((time) => (Number.isFinite(known.get(time)) ? known.get(time) : null));
		return frame(target, name, [
			{ name: 'Time', type: FieldType.time, config: { interval: step * 1000 }, values: times.map((time) => time * 1000) },
			{ name: 'Value', type: FieldType.number, config: { displayNameFromDS: name }, labels: metric, values: points },
		]);
	});
}

function table(target, result) {
	const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric).sort()))];
	const texts = (label) => result.map(({ metric }) => metric[label] ?? '');
	return [frame(target, undefined, [
		{ name: 'Time', type: FieldType.time, config: {}, values: result.map(({ values }) => values[0][0] * 1000) },
		...labels.map((label) => ({ name: label, type: FieldType.string, config: { filterable: true }, values: texts(label) })),
		{ name: 'Value', type: FieldType.number, config: {}, values: result.map(({ values }) => number(values[0][1])) },
	])];
}

// Prometheus' buckets are cumulative: each is told without those below it.
function rows(target, result, context) {
	const sorted = result.sort((a, b) => number(a.metric.le) - number(b.metric.le));
	const all = lines(target, sorted, context).map(({ fields }) => fields);
	const counts = (i) => all[i][1].values.map((count, t) => Math.max(0, count - (i && all[i - 1][1].values[t])));
	return [frame(target, undefined, [all[0][0], ...all.map(([, bucket], i) => ({ ...bucket, values: counts(i) }))])];
}

async function frames(target, context) {
	const result = await series(target, context);
	return result.length ? { table, heatmap: rows, time_series: lines }[target.format](target, result, context) : [];
}

// Which settings there are is known to Grafana's plugins; here they are those that the panel uses.
function settings({ defaults, overrides }) {
	const setting = (id) => ({
		id, name: id, path: id.replace(/^custom\./, ''), isCustom: id.startsWith('custom.'),
		process: (value) => value, shouldApply: () => true,
	});
	const { custom = {}, ...standard } = defaults;
	const ids = new Set([
		...Object.keys(standard), ...Object.keys(custom).map((name) => `custom.${name}`),
		...overrides.flatMap(({ properties }) => properties.map(({ id }) => id)),
	]);
	return new Registry(() => [...ids].map(setting));
}

export async function panelFrames(panel, context) {
	const asked = (await Promise.all(panel.targets.map((target) => frames(target, context)))).flat();
	const data = await lastValueFrom(transformDataFrame(panel.transformations ?? [], asked, { interpolate: context.replace }));
	// JSON has no infinity.
	for (const step of panel.fieldConfig.defaults.thresholds?.steps ?? [])
		step.value ??= -Infinity;
	return applyFieldOverrides({
		data, fieldConfig: panel.fieldConfig, fieldConfigRegistry: settings(panel.fieldConfig),
		replaceVariables: context.replace, theme: context.theme, timeZone: 'utc',
	});
}

// The times of the dashboard's annotations, which are the values of series.
export async function annotations(dashboard, context) {
	const { from, to } = context.range;
	const wanted = dashboard.annotations.list.filter(({ enable, useValueForTime }) => enable && useValueForTime);
	const marks = await Promise.all(wanted.map(async (annotation) => {
		const times = new Set((await series(annotation, context)).flatMap(({ values }) => values.map(([, text]) => number(text))));
		return [...times].filter((time) => time >= from.valueOf() && time <= to.valueOf())
			.map((time) => ({ time, color: annotation.iconColor }));
	}));
	return marks.flat();
}
