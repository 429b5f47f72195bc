// Draws the charts of the report from the JSON beside each of them, in the colours of the style sheet.
(function () {
  'use strict';

  var root = document.documentElement;
  var EXTRA = ['extra1', 'extra2', 'robust', 'extra3', 'plain'];
  var DASH = [6, 4];
  var drawn = new Map();

  function color(name) {
    return getComputedStyle(root).getPropertyValue('--' + name).trim();
  }

  function fade(hex, share) {
    var n = parseInt(hex.slice(1), 16);
    return 'rgba(' + (n >> 16) + ',' + ((n >> 8) & 255) + ',' + (n & 255) + ',' + share + ')';
  }

  // One colour per role; series without one take the next of the palette.
  function colors(series) {
    var next = 0;
    return series.map(function (line, i) {
      if (line.role) {
        return color(line.role);
      }
      var name = series.length === 1 ? 'clean' : EXTRA[next++ % EXTRA.length];
      return color(name);
    });
  }

  // Text on a patch of the page's colour, so that it reads on top of bars.
  function label(pen, text, left, base) {
    pen.fillStyle = fade(color('page'), 0.8);
    pen.fillRect(left - 3, base - 11, pen.measureText(text).width + 6, 15);
    pen.fillStyle = color('text');
    pen.fillText(text, left, base);
  }

  // A dashed line where a threshold lies, with its value.
  var threshold = {
    id: 'threshold',
    afterDatasetsDraw: function (chart) {
      var at = chart.options.plugins.threshold;
      if (!at || typeof at.value !== 'number') {
        return;
      }
      var area = chart.chartArea;
      var pen = chart.ctx;
      var place = chart.scales[at.axis].getPixelForValue(at.value);
      var text = 'threshold ' + Number(at.value.toPrecision(4));
      pen.save();
      pen.font = '11px ' + Chart.defaults.font.family;
      pen.strokeStyle = color('text');
      pen.setLineDash([4, 3]);
      pen.lineWidth = 1.25;
      pen.beginPath();
      if (at.axis === 'x') {
        pen.moveTo(place, area.top);
        pen.lineTo(place, area.bottom);
      } else {
        pen.moveTo(area.left, place);
        pen.lineTo(area.right, place);
      }
      pen.stroke();
      var width = pen.measureText(text).width;
      if (at.axis === 'x') {
        label(pen, text, place + width + 10 > area.right ? place - width - 6 : place + 6, area.top + 11);
      } else {
        label(pen, text, area.right - width - 4, place - 6);
      }
      pen.restore();
    }
  };

  function ticks(most) {
    return { color: color('faint'), maxRotation: 60, maxTicksLimit: most, includeBounds: false };
  }

  function axis(title, more) {
    return Object.assign({
      title: { display: !!title, text: title, color: color('faint') },
      ticks: ticks(12),
      grid: { color: color('grid') },
      border: { color: color('line') }
    }, more);
  }

  function options(data, scales) {
    return {
      animation: false,
      maintainAspectRatio: false,
      devicePixelRatio: Math.max(2, window.devicePixelRatio || 1),
      interaction: { mode: 'index', intersect: false },
      scales: scales,
      plugins: {
        legend: {
          display: data.series.some(function (line) { return line.legend; }),
          position: 'bottom',
          labels: {
            color: color('text'),
            usePointStyle: true,
            pointStyle: 'line',
            pointStyleWidth: 26,
            boxHeight: 6,
            padding: 10,
            filter: function (item) { return !!data.series[item.datasetIndex].legend; },
            generateLabels: function (chart) {
              return Chart.defaults.plugins.legend.labels.generateLabels(chart).map(function (item) {
                item.text = data.series[item.datasetIndex].legend || item.text;
                return item;
              });
            }
          }
        },
        threshold: { value: data.threshold, axis: data.type === 'bars' ? 'y' : 'x' }
      }
    };
  }

  // A value between gaps would vanish without a point.
  function radius(line, k) {
    var alone = line.y[k - 1] == null && line.y[k + 1] == null;
    return line.y[k] != null && alone ? 4 : 0;
  }

  function lines(data) {
    var inks = colors(data.series);
    var whole = data.x.every(Number.isInteger);
    var share = data.yLabel === 'share';
    return {
      type: 'line',
      data: {
        datasets: data.series.map(function (line, i) {
          return {
            label: line.name,
            data: data.x.map(function (x, k) { return { x: x, y: line.y[k] }; }),
            borderColor: inks[i],
            backgroundColor: inks[i],
            borderWidth: line.dashed ? 1.5 : 2,
            borderDash: line.dashed ? DASH : [],
            pointRadius: data.x.map(function (x, k) { return radius(line, k); }),
            pointHitRadius: 8,
            clip: 5, // lines at 0 and 1 keep their full width
            tension: 0
          };
        })
      },
      options: options(data, {
        x: axis(data.xLabel, {
          type: 'linear',
          min: data.x[0],
          max: data.x[data.x.length - 1],
          ticks: Object.assign(ticks(12), whole ? { precision: 0 } : {})
        }),
        y: axis(data.yLabel, Object.assign({ ticks: ticks(6) }, share ? { min: 0, max: 1 } : { beginAtZero: true }))
      })
    };
  }

  function bars(data) {
    var ink = colors(data.series)[0];
    return {
      type: 'bar',
      data: {
        labels: data.x,
        datasets: [{ label: data.yLabel, data: data.series[0].y, backgroundColor: fade(ink, 0.75), maxBarThickness: 46 }]
      },
      options: options(data, {
        x: axis('', { grid: { display: false }, ticks: ticks(60) }),
        y: axis(data.yLabel, { beginAtZero: true, suggestedMax: data.threshold, ticks: ticks(7) })
      })
    };
  }

  function histogram(data) {
    var inks = colors(data.series);
    var edges = data.x;
    var low = edges[0];
    var high = edges[edges.length - 1];
    if (typeof data.threshold === 'number') {
      low = Math.min(low, data.threshold);
      high = Math.max(high, data.threshold);
    }
    var config = {
      type: 'bar',
      data: {
        datasets: data.series.map(function (group, i) {
          return {
            label: group.name,
            data: group.y.map(function (share, k) {
              return { x: (edges[k] + edges[k + 1]) / 2, y: 100 * share };
            }),
            backgroundColor: fade(inks[i], 0.45),
            borderColor: inks[i],
            borderWidth: 1,
            barPercentage: 1,
            categoryPercentage: 1,
            grouped: false
          };
        })
      },
      options: options(data, {
        x: axis(data.xLabel, { type: 'linear', offset: false, min: low, max: high, grid: { display: false } }),
        y: axis('% of the group', { beginAtZero: true, ticks: ticks(7) })
      })
    };
    config.options.plugins.legend.labels.pointStyle = 'rect';
    config.options.plugins.legend.labels.pointStyleWidth = 12;
    config.options.plugins.tooltip = {
      callbacks: {
        title: function (items) {
          var k = items[0].dataIndex;
          return Number(edges[k].toPrecision(4)) + ' to ' + Number(edges[k + 1].toPrecision(4));
        },
        label: function (item) {
          return item.dataset.label + ': ' + item.parsed.y.toFixed(2) + ' %';
        }
      }
    };
    return config;
  }

  var kinds = { lines: lines, bars: bars, histogram: histogram };

  // Charts in closed details have no size yet and are drawn when those open.
  function draw(figure) {
    var canvas = figure.querySelector('canvas');
    if (!canvas.offsetParent) {
      return;
    }
    if (drawn.has(figure)) {
      drawn.get(figure).destroy();
    }
    var data = JSON.parse(figure.querySelector('script').textContent);
    var config = kinds[data.type](data);
    config.plugins = [threshold];
    drawn.set(figure, new Chart(canvas, config));
  }

  function drawAll() {
    document.querySelectorAll('figure.chart').forEach(draw);
  }

  function themes() {
    var button = document.getElementById('theme');
    var choices = ['system', 'light', 'dark'];
    var chosen = 'system';
    try {
      chosen = localStorage.getItem('backdoor4j-theme') || chosen;
    } catch (e) { /* storage is off: the choice holds for this visit */ }
    function apply(redraw) {
      if (chosen === 'system') {
        root.removeAttribute('data-theme');
      } else {
        root.setAttribute('data-theme', chosen);
      }
      button.textContent = 'Theme: ' + chosen;
      if (redraw) {
        drawAll();
      }
    }
    button.hidden = false;
    button.addEventListener('click', function () {
      chosen = choices[(choices.indexOf(chosen) + 1) % choices.length];
      try {
        localStorage.setItem('backdoor4j-theme', chosen);
      } catch (e) { /* as above */ }
      apply(true);
    });
    apply(false);
  }

  function copying() {
    var plan = document.getElementById('plan');
    if (!navigator.clipboard) {
      return;
    }
    var button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.addEventListener('click', function () {
      navigator.clipboard.writeText(plan.querySelector('code').textContent).then(function () {
        button.textContent = 'Copied';
      });
    });
    plan.appendChild(button);
  }

  function printing() {
    var opened = [];
    window.addEventListener('beforeprint', function () {
      opened = Array.from(document.querySelectorAll('details.print-open:not([open])'));
      opened.forEach(function (details) { details.open = true; });
    });
    window.addEventListener('afterprint', function () {
      opened.forEach(function (details) { details.open = false; });
    });
    window.matchMedia('print').addEventListener('change', drawAll);
  }

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  themes();
  copying();
  printing();
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  document.addEventListener('toggle', function (event) {
    if (event.target.open) {
      event.target.querySelectorAll('figure.chart').forEach(draw);
    }
  }, true);
  drawAll();
})();
