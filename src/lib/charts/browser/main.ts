import type { Figures } from '../interactive.js'
import { CardChart } from './card-chart.js'

/** The script of a page with charts: what is drawn stays when this never runs. */
async function start(): Promise<void> {
  const root = document.documentElement
  document.querySelector('.theme')?.addEventListener('click', () => {
    const isDark = getComputedStyle(root).colorScheme.includes('dark')
    root.dataset.theme = isDark ? 'light' : 'dark'
  })
  const figures = await unpacked(document.getElementById('figures')?.textContent ?? '')
  const charts = figures.charts.flatMap((chart, index) => {
    const card = document.querySelector<HTMLElement>(`[data-chart="${index}"]`)
    return card ? [new CardChart(card, chart, figures)] : []
  })
  follow(charts, figures)
  root.dataset.ready = ''
}

/** One pointer, one moment and one stretch of time for all charts. */
function follow(charts: readonly CardChart[], { from, to }: Figures): void {
  const back = document.querySelector<HTMLButtonElement>('.whole')
  const look = (range: { from: number; to: number }) => {
    for (const chart of charts) chart.look(range)
    if (back) back.hidden = range.from === from && range.to === to
  }
  for (const chart of charts) {
    chart.onPoint = (at) => charts.forEach((other) => other.point(at))
    chart.onZoom = look
    chart.onWhole = () => look({ from, to })
  }
  back?.addEventListener('click', () => look({ from, to }))
  document.addEventListener('keydown', ({ key }) => key === 'Escape' && look({ from, to }))
  const shown = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries)
        charts.find(({ card }) => card === target)!.isInView = isIntersecting
    },
    { rootMargin: '300px' },
  )
  for (const { card } of charts) shown.observe(card)
  const sizes = new ResizeObserver(() => charts.forEach((chart) => chart.fit()))
  sizes.observe(document.body)
}

async function unpacked(text: string): Promise<Figures> {
  const bytes = Uint8Array.from(atob(text.trim()), (char) => char.charCodeAt(0))
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return (await new Response(plain).json()) as Figures
}

void start()
