/** Expressions that a page answers: what of it somebody could not read or name. */

/** How wide it is, in pixels: more than the screen has to be scrolled sideways. */
export const WIDEST = "document.documentElement.scrollWidth";

/** Controls that have no name for who does not see them. */
export const unnamedControls = `
[...document.querySelectorAll("button, input, select, a[href]")]
  .filter((one) =>
    !(one.getAttribute("aria-label") || one.textContent.trim() ||
      [...(one.labels ?? [])].some((label) => label.textContent.trim())))
  .map((one) => one.outerHTML)`;

/** Texts with less contrast than WCAG 2.2 asks for (1.4.3): 4.5 to 1. */
export const faintTexts = `(() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]) =>
    [red, green, blue].map((part) => part / 255)
      .map((part) =>
        part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
      .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const groundOf = (element) => {
    for (let one = element; one !== null; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const hasText = (element) => [...element.childNodes]
    .some(({ nodeType, data }) => nodeType === 3 && data.trim() !== "");
  return [...document.body.querySelectorAll("*")]
    .filter((element) => hasText(element) && element.checkVisibility())
    .flatMap((element) => {
      const [one, other] = [
        luminance(rgba(getComputedStyle(element).color)),
        luminance(groundOf(element)),
      ].sort((a, b) => b - a);
      const contrast = (one + 0.05) / (other + 0.05);
      return contrast < 4.5
        ? [element.textContent.trim().slice(0, 40) + " " + contrast.toFixed(2)]
        : [];
    });
})()`;
