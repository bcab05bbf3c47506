/* What comes next on the page: the first field after this one that can be seen. */

const FIELDS = 'input:not([type="hidden"]), select, textarea';

export function after(element) {
  const form = element.closest("form");
  return [...form.querySelectorAll(FIELDS)].find(
    (field) =>
      element.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING &&
      !element.contains(field) &&
      !field.disabled &&
      field.checkVisibility(),
  );
}
