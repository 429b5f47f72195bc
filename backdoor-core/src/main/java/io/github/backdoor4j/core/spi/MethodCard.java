package io.github.backdoor4j.core.spi;

import java.util.List;

/**
 * What a method is and where it comes from, as data.
 *
 * @param title name as the paper writes it
 * @param summary one sentence: what it does
 * @param paper authors, title, venue and year
 * @param link address of the paper
 * @param threatModel what the attacker controls, or what the defender has
 * @param stage when it acts, for example {@code data poisoning} or {@code post-training repair}
 * @param cost in passes over the training data, or as a formula
 * @param departures where this implementation departs from the paper, and what is unverified; empty
 *     if nowhere
 */
public record MethodCard(
    String title,
    String summary,
    String paper,
    String link,
    String threatModel,
    String stage,
    String cost,
    List<String> departures) {

  public MethodCard {
    departures = List.copyOf(departures);
  }
}
