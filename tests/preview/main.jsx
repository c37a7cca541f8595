// Draws the shipped dashboard outside of Grafana, of what the Prometheus that serves this page has stored.
// Parameters: from and to (seconds since 1970), scrape (how often was scraped, "15s").
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createTheme, dateTime, EventBusSrv, ThemeContext } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { GlobalStyles, Icon, PanelChrome, PanelContextProvider } from '@grafana/ui';
import { version } from '@grafana/ui/package.json';
import dashboard from '../../packaging/grafana/vfslock.json';
import { annotations, interpolation, panelFrames } from './data.js';
import { drawings } from './panels.jsx';

// Grafana's grid.
const gap = 8, rowHeight = 30, columns = 24, margin = 16;

function place({ x, y, w, h }, pageWidth) {
	const column = (pageWidth - 2 * margin - (columns - 1) * gap) / columns;
	return {
		position: 'absolute', left: margin + x * (column + gap), top: y * (rowHeight + gap),
		width: w * column + (w - 1) * gap, height: h * rowHeight + (h - 1) * gap,
	};
}

// Read in the page's DOM by who takes the picture: whether all is drawn, how high it is, and which panels have no data
// although they do not say what that means.
let missing = dashboard.panels.filter(({ type }) => type !== 'row').length;
const empty = [];
function loaded({ title, fieldConfig }, frames) {
	if (!frames.length && !fieldConfig.defaults.noValue)
		empty.push(title);
	missing--;
	Object.assign(document.body.dataset, { missing, empty: empty.join(', '), height: document.body.scrollHeight });
}

const NoData = ({ text = 'No data', ...size }) => <div style={{ ...size, display: 'grid', placeItems: 'center' }}>{text}</div>;

function Panel({ panel, context, at }) {
	const [frames, setFrames] = useState();
	useEffect(() => {
		const own = { ...context, ...interpolation(dashboard, { ...context, pixels: at.width }) };
		panelFrames(panel, own).then((got) => { setFrames(got); loaded(panel, got); });
	}, []);
	const Drawing = drawings[panel.type];
	const draw = (size) => (frames.length || panel.type === 'stat' ? <Drawing {...{ frames, panel, context, ...size }} />
		: <NoData text={panel.fieldConfig.defaults.noValue} {...size} />);
	return <div style={at}>
		<PanelChrome title={panel.title} description={panel.description || undefined} width={at.width} height={at.height}>
			{(width, height) => frames && draw({ width, height })}
		</PanelChrome>
	</div>;
}

const Row = ({ panel, at }) => <div style={{ ...at, display: 'flex', alignItems: 'center', gap, fontWeight: 500 }}>
	<Icon name="angle-down" />{panel.title}</div>;

const Head = ({ range }) => <div style={{ padding: margin, display: 'flex', alignItems: 'baseline', gap: 2 * margin }}>
	<h3 style={{ margin: 0 }}>{dashboard.title}</h3>
	{dashboard.templating.list.filter(({ type }) => type === 'query')
		.map(({ name, label, current }) => <span key={name}>{label}: {current.text.join(', ')}</span>)}
	<span>{range.from.utc().format('YYYY-MM-DD HH:mm:ss')} to {range.to.utc().format('HH:mm:ss')} UTC</span>
	<span style={{ marginLeft: 'auto', opacity: 0.7 }}>vfslock.json, drawn by @grafana/ui {version} outside of Grafana</span>
</div>;

function Page({ context, width }) {
	const rows = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h));
	return <>
		<Head range={context.range} />
		<div style={{ position: 'relative', height: rows * (rowHeight + gap) + margin - gap }}>
			{dashboard.panels.map((panel) => {
				const Shown = panel.type === 'row' ? Row : Panel;
				return <Shown key={panel.id} panel={panel} context={context} at={place(panel.gridPos, width)} />;
			})}
		</div>
	</>;
}

async function start() {
	const { scrape, ...times } = Object.fromEntries(new URLSearchParams(location.search));
	const [from, to] = [times.from, times.to].map((time) => dateTime(Number(time) * 1000));
	const theme = createTheme({ colors: { mode: 'dark' } });
	const context = { theme, range: { from, to, raw: { from, to } }, scrape };
	Object.assign(context, interpolation(dashboard, { ...context, pixels: innerWidth }));
	context.marks = await annotations(dashboard, context);
	await initPluginTranslations('grafana');
	document.body.style.background = theme.colors.background.canvas;
	createRoot(document.getElementById('root')).render(
		<ThemeContext.Provider value={theme}>
			<GlobalStyles />
			<PanelContextProvider value={{ eventBus: new EventBusSrv(), eventsScope: 'page' }}>
				<Page context={context} width={innerWidth} />
			</PanelContextProvider>
		</ThemeContext.Provider>);
}

start();
