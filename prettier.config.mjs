export default {
    tabWidth: 4,
    printWidth: 140,
    singleQuote: true,
    overrides: [{ files: ['*.json', '*.yaml', '*.yml', '*.md'], options: { tabWidth: 2 } }],
};
