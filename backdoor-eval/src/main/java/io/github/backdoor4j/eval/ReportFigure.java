package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Figure;
import java.util.List;
import java.util.Optional;

/**
 * A figure of a method on the page: a chart or some pictures.
 *
 * @param title what it shows
 * @param chart absent for pictures
 * @param pictures empty for a chart
 */
record ReportFigure(
    String title, Optional<ReportChart> chart, List<ReportPictures.Picture> pictures) {

  private static final int MANY = 15;

  /** Whether it needs the width of the page. */
  boolean wide() {
    return pictures.size() > MANY;
  }

  static List<ReportFigure> of(List<Figure> figures) {
    return figures.stream().map(ReportFigure::of).toList();
  }

  private static ReportFigure of(Figure figure) {
    if (figure instanceof Figure.Pictures pictures) {
      return new ReportFigure(figure.title(), Optional.empty(), ReportPictures.of(pictures));
    }
    return of(chart(figure));
  }

  static ReportFigure of(ReportChart chart) {
    return new ReportFigure(chart.title(), Optional.of(chart), List.of());
  }

  private static ReportChart chart(Figure figure) {
    if (figure instanceof Figure.Curves curves) {
      return ReportChart.of(curves);
    }
    if (figure instanceof Figure.Bars bars) {
      return ReportChart.of(bars);
    }
    return ReportChart.of((Figure.Histogram) figure);
  }
}
