import { chartStyle } from '../../charts/style.js'

const LIGHT =
  'color-scheme:light;--page:#f5f6f8;--card:#fff;--ink:#1b2026;--quiet:#66707b;--edge:#e1e5ea;--accent:#2563eb;--bad:#c62828'
const DARK =
  'color-scheme:dark;--page:#0e1217;--card:#161b22;--ink:#e6eaef;--quiet:#929ca8;--edge:#262d36;--accent:#6ea8fe;--bad:#f98080'

/** Of the whole page: no font and no picture comes from elsewhere. */
export const pageStyle = `${chartStyle}
:root{${LIGHT}}
@media(prefers-color-scheme:dark){:root:not([data-theme=light]){${DARK}}}
:root[data-theme=dark]{${DARK}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:3.5rem}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
header,main,footer{max-width:1640px;margin:0 auto;padding:0 clamp(12px,2.5vw,32px)}
header{padding-top:clamp(18px,3vw,36px)}
h1{font-size:clamp(1.35rem,2.4vw,1.9rem);line-height:1.2;letter-spacing:-.015em;margin:0 0 .3rem;overflow-wrap:anywhere}
.lead{margin:0;color:var(--quiet);max-width:80ch}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,150px),1fr));gap:1px;margin:1.2rem 0 1rem;padding:0;border:1px solid var(--edge);border-radius:10px;overflow:hidden;background:var(--card)}
.facts div{box-shadow:0 0 0 1px var(--edge);padding:.6rem .9rem .65rem;flex:1}
.facts dt{font-size:12px;color:var(--quiet)}
.facts dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
nav{position:sticky;top:0;z-index:5;background:color-mix(in srgb,var(--page) 92%,transparent);backdrop-filter:blur(6px);border-bottom:1px solid var(--edge)}
nav>div{max-width:1640px;margin:0 auto;padding:.35rem clamp(12px,2.5vw,32px);display:flex;gap:.25rem;align-items:center;overflow-x:auto;scrollbar-width:none}
nav a{padding:.3rem .7rem;border-radius:6px;color:var(--quiet);text-decoration:none;white-space:nowrap;font-size:14px}
nav a:hover{color:var(--ink);background:var(--edge)}
nav button{font:inherit;font-size:13px;white-space:nowrap;color:var(--ink);background:var(--card);border:1px solid var(--edge);border-radius:6px;padding:.22rem .7rem;cursor:pointer}
nav button:hover{border-color:var(--accent)}
nav .gap{flex:1}
:root:not([data-ready]) nav button{visibility:hidden}
nav [hidden]{display:none}
section{margin:2rem 0 2.6rem}
h2{font-size:1.25rem;letter-spacing:-.01em;margin:0}
h2+p{margin:.1rem 0 0;color:var(--quiet);max-width:90ch}
h3{font-size:12px;font-weight:600;letter-spacing:.05em;text-transform:uppercase;color:var(--quiet);margin:1.4rem 0 .6rem}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,460px),1fr));gap:14px;align-items:start}
.grid>.wide{grid-column:1/-1}
:root:not([data-ready]) .wide .plot .chart{max-width:760px}
.grid.stats{grid-template-columns:repeat(auto-fill,minmax(min(100%,220px),1fr));margin-bottom:14px}
figure{margin:0;min-width:0;background:var(--card);border:1px solid var(--edge);border-radius:10px;padding:.7rem .9rem .75rem}
figcaption{display:flex;align-items:baseline;gap:.5rem;margin-bottom:.35rem;position:relative}
h4{font-size:14px;font-weight:600;margin:0;overflow-wrap:anywhere}
h4 small{font-weight:400;color:var(--quiet);margin-left:.35em}
details{margin-left:auto;flex:none}
summary{list-style:none;cursor:pointer;width:17px;height:17px;border-radius:50%;border:1px solid var(--edge);color:var(--quiet);font-size:11px;line-height:15px;text-align:center;user-select:none}
summary::-webkit-details-marker{display:none}
summary:hover,[open]>summary{color:var(--accent);border-color:var(--accent)}
details p{position:absolute;right:0;top:1.7rem;z-index:4;width:min(100%,42ch);margin:0;padding:.6rem .75rem;font-size:13px;line-height:1.45;background:var(--card);border:1px solid var(--edge);border-radius:8px;box-shadow:0 6px 24px rgb(0 0 0/.16)}
details code{font-size:12px}
.plot{position:relative;margin:0 -.25rem;touch-action:pan-y pinch-zoom;cursor:crosshair;user-select:none;-webkit-user-select:none}
.plot .chart{width:100%}
.pointer,.drag{position:absolute;pointer-events:none}
.pointer{width:1px;background:var(--quiet)}
.drag{background:var(--accent);opacity:.15}
.legend{width:100%;border-collapse:collapse;font-size:12.5px;line-height:1.35;margin-top:.3rem;font-variant-numeric:tabular-nums}
.legend th{font-weight:400;color:var(--quiet);font-size:11.5px;text-align:right}
.legend th,.legend td{padding:.12rem 0 .12rem .9rem;text-align:right;white-space:nowrap}
.legend td:first-child,.legend th:first-child{text-align:left;padding-left:.1rem;width:100%;max-width:0;overflow:hidden;text-overflow:ellipsis}
.legend .now{min-width:4.6rem}
.legend button{all:unset;cursor:pointer;max-width:100%;overflow:hidden;text-overflow:ellipsis}
.legend button:hover{text-decoration:underline}
.legend button:focus-visible,summary:focus-visible,nav :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.legend i{display:inline-block;width:14px;height:0;border-top:3px solid var(--s);border-radius:2px;margin-right:.55em;vertical-align:.22em}
.legend .again i{border-top-style:dotted}
.legend .hidden{opacity:.4}
.many{max-height:11.2rem;overflow-y:auto;scrollbar-width:thin}
.stat{display:flex;flex-wrap:wrap;gap:.1rem 1.6rem}
.stat div{min-width:0}
.stat b{display:block;font-size:1.55rem;font-weight:600;line-height:1.25;letter-spacing:-.02em;font-variant-numeric:tabular-nums;white-space:nowrap}
.stat b small{font-size:.8rem;font-weight:400;letter-spacing:0;color:var(--quiet);margin-left:.3em}
.stat span{font-size:12.5px;color:var(--quiet);overflow-wrap:anywhere}
.bad{color:var(--bad);font-size:13px;margin:.2rem 0;overflow-wrap:anywhere}
.note{color:var(--quiet);font-size:13px;margin:.7rem 0 0;max-width:110ch}
figure .note{font-size:12px;margin:.3rem 0 0}
.none{padding:3rem 1rem;text-align:center;border:1px dashed var(--edge);border-radius:10px;color:var(--quiet)}
footer{color:var(--quiet);font-size:13px;padding-top:1rem;padding-bottom:2.5rem;border-top:1px solid var(--edge)}
@media(max-width:560px){.legend .low{display:none}figure{padding:.6rem .65rem}.facts{grid-template-columns:1fr 1fr}}
@media print{nav{display:none}body{background:#fff}figure{break-inside:avoid}.many{max-height:none}details{display:none}}
`
